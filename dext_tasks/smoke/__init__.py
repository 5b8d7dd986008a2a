"""What a desktop does with an extension at install time, done on plain Docker Engine, per platform."""
