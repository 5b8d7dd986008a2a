"""What a run owns: its end, its parallel work, its temporary folders."""
