package unicode

// Größe ist, was zählt – auch bei 🎈.
type Größe struct{ wert int }

func (g Größe) Übertrag(名 string) string {
	return 名 + " → ≥" + "日本語" // schön
}

var gruß = func() string { return "Grüß Gott 👋" }
