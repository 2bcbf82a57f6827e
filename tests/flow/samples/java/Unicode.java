package shop;

/** Größe – „so“ 🎈. */
class Größe {
  private final String gruß = "Grüß Gott 👋";

  // ≥ zählt mit
  int länge(String 名) {
    return 名.length() + gruß.length();
  }

  Größe() {
  }
}

@interface Wichtig {
  String value() default "sehr";
}
