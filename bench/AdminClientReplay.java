import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Kafka's own AdminClient, already running and connected: ACLs of a tab-separated file, a thousand in a request. */
public class AdminClientReplay {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        try (var in = Files.newInputStream(Path.of(arguments[0]))) {
            properties.load(in);
        }
        List<AclBinding> bindings = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] part = line.split("\t");
            bindings.add(new AclBinding(
                new ResourcePattern(ResourceType.valueOf(part[0]), part[1], PatternType.valueOf(part[2])),
                new AccessControlEntry(part[3], part[4], AclOperation.valueOf(part[5]),
                    AclPermissionType.valueOf(part[6]))));
        }
        try (Admin admin = Admin.create(properties)) {
            admin.describeCluster().nodes().get();
            long began = System.nanoTime();
            for (int from = 0; from < bindings.size(); from += 1000) {
                admin.createAcls(bindings.subList(from, Math.min(from + 1000, bindings.size()))).all().get();
            }
            System.out.println((System.nanoTime() - began) / 1e9);
        }
    }
}
