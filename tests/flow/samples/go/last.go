package last

func One() int { return 1 }

// Two has no newline behind it.
func Two() int {
	return 2
}