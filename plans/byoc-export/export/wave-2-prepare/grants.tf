# byoc-export, wave 2: grants before the copy. Made by kmig from the plan sealed af72d5142e62.
# Apply in the order of runbook.md; it lists the ACLs that BYOC cannot express.

variable "environment_id" {
  type = string
}

variable "kafka_instance" {
  type = string
}

resource "automq_kafka_acl" "wave_2_prepare_0001" {
  environment_id  = var.environment_id
  kafka_instance  = var.kafka_instance
  resource_type   = "GROUP"
  resource_name   = "auditor"
  pattern_type    = "LITERAL"
  principal       = "User:auditor"
  operation_group = "ALL"
  permission      = "ALLOW"
}

resource "automq_kafka_acl" "wave_2_prepare_0002" {
  environment_id  = var.environment_id
  kafka_instance  = var.kafka_instance
  resource_type   = "GROUP"
  resource_name   = "billing-run"
  pattern_type    = "LITERAL"
  principal       = "User:billing-run"
  operation_group = "ALL"
  permission      = "ALLOW"
}

resource "automq_kafka_acl" "wave_2_prepare_0003" {
  environment_id  = var.environment_id
  kafka_instance  = var.kafka_instance
  resource_type   = "TOPIC"
  resource_name   = "meter.bills"
  pattern_type    = "LITERAL"
  principal       = "User:auditor"
  operation_group = "CONSUME"
  permission      = "ALLOW"
}

resource "automq_kafka_acl" "wave_2_prepare_0004" {
  environment_id  = var.environment_id
  kafka_instance  = var.kafka_instance
  resource_type   = "TOPIC"
  resource_name   = "meter.readings"
  pattern_type    = "LITERAL"
  principal       = "User:billing-run"
  operation_group = "CONSUME"
  permission      = "ALLOW"
}

resource "automq_kafka_acl" "wave_2_prepare_0005" {
  environment_id  = var.environment_id
  kafka_instance  = var.kafka_instance
  resource_type   = "TRANSACTIONAL_ID"
  resource_name   = "billing-run"
  pattern_type    = "LITERAL"
  principal       = "User:billing-run"
  operation_group = "ALL"
  permission      = "ALLOW"
}
