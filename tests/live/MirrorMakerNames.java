import java.util.Map;
import org.apache.kafka.connect.mirror.DefaultTopicFilter;
import org.apache.kafka.connect.mirror.IdentityReplicationPolicy;

/** For each name: whether MirrorMaker copies the topic under it, with kmig's filter (MirrorSourceConnector.shouldReplicateTopic). */
public class MirrorMakerNames {
    public static void main(String[] names) {
        IdentityReplicationPolicy policy = new IdentityReplicationPolicy();
        policy.configure(Map.of("source.cluster.alias", "source"));
        DefaultTopicFilter filter = new DefaultTopicFilter();
        filter.configure(Map.of("topics", ".*", "topics.exclude", ""));
        for (String name : names) {
            boolean copied = filter.shouldReplicateTopic(name) && !policy.isInternalTopic(name);
            System.out.println("copied " + (copied && policy.formatRemoteTopic("source", name).equals(name)));
        }
    }
}
