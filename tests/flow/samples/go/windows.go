package windows

// Run runs.
func Run() int {
	if true {
		return 1
	}
	return 0
}

func Stop() {}
