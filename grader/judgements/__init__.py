"""Two values in, an explanation out: the judgements that checks are made of. Nothing here knows a student or a process."""
