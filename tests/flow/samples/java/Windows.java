package shop;

public class Windows {
	/** Runs. */
	public int run() {
		if (true) {
			return 1;
		}
		return 0;
	}

	void stop() {}
}