variable "environment_id" {
  type = string
}

variable "kafka_instance" {
  type = string
}
