"""What `stedi deploy` makes in an AWS account, and `stedi key` puts into it."""
