# byoc-export, wave 1: grants at the write gate. Made by kmig from the plan sealed c886ad9eec24.
# Apply in the order of runbook.md; what BYOC has no words for is listed there.

variable "environment_id" {
  type = string
}

variable "kafka_instance" {
  type = string
}
