package shop;

class Texts {
    static final String PAGE = """
        <html>
          <body>%s</body>
        </html>
        """;

    String page(String body) {
        return """
            first
          second
            %s\
            """.formatted(body);
    }

    String line() { return "one"; } String other() { return "two"; }
}
