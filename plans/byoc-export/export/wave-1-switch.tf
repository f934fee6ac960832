# byoc-export, wave 1: grants at the write gate. Made by kmig from the plan sealed 264395803eb6.
# Apply in the order of runbook.md; what BYOC has no words for is listed there.
