"""What may look into a running handler: exceptions with their locals, stacks, causes of death."""
