"""What a school or village asks for."""
