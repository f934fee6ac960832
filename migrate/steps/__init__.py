"""Every change kmig can make, one file each: its data, and how it is described, aimed, seen, made and undone."""

from typing import Annotated

from pydantic import Field

from migrate.steps.create_acls import CreateAcls
from migrate.steps.create_credential import CreateCredential
from migrate.steps.create_topic import CreateTopic
from migrate.steps.set_quota import SetQuota

__all__ = ["CreateAcls", "CreateCredential", "CreateTopic", "SetQuota", "Step"]

Step = Annotated[CreateTopic | CreateCredential | CreateAcls | SetQuota, Field(discriminator="op")]
