# byoc-export, wave 1: grants at the write gate. Made by kmig from the plan sealed af72d5142e62.
# Apply in the order of runbook.md; it lists the ACLs that BYOC cannot express.

variable "environment_id" {
  type = string
}

variable "kafka_instance" {
  type = string
}
