package dev.ambit.control.l7.jwt;

/// Sets of keys as issuers write them.
public final class TestKeys {
    private static final String MODULUS = "AL" + "x".repeat(340);

    private TestKeys() {}

    public static String set(String... ids) {
        var keys = new java.util.StringJoiner(",", "{\"keys\":[", "]}");
        for (var id : ids) {
            keys.add(
                    "{\"kty\":\"RSA\",\"kid\":\""
                            + id
                            + "\",\"e\":\"AQAB\",\"n\":\""
                            + MODULUS
                            + "\"}");
        }
        return keys.toString();
    }
}
