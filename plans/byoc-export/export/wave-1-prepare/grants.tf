# byoc-export, wave 1: grants before the copy. Made by kmig from the plan sealed af72d5142e62.
# Apply in the order of runbook.md; it lists the ACLs that BYOC cannot express.

variable "environment_id" {
  type = string
}

variable "kafka_instance" {
  type = string
}

resource "automq_kafka_acl" "wave_1_prepare_0001" {
  environment_id  = var.environment_id
  kafka_instance  = var.kafka_instance
  resource_type   = "TOPIC"
  resource_name   = "meter.readings"
  pattern_type    = "LITERAL"
  principal       = "User:meter-admin"
  operation_group = "CONSUME"
  permission      = "ALLOW"
}
