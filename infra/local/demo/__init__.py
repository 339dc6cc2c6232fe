"""The demonstration: a generated B2B world, played through the public doors of the laptop cloud."""
