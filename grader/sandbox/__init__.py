"""The student's process: started, locked in, talked to, limited and ended. Student code runs in here and nowhere else."""
