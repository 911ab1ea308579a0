package dev.ambit.control.resource.security;

/// Keys that nobody can sign with: where keys can't be had, tokens are refused. A proxy that was
/// given no keys at all would refuse its whole configuration instead.
public final class RefusedKeys {
    /// An RSA key of which the private half was thrown away when it was made.
    private static final String MODULUS =
            "jPCvJY-K8haUiKi5YtnGSU7RX80kVa5iXC8lxC2NAsIrkfb_yHaixKY0VbiG1Viz"
                    + "P0IbIPn1eU3PdNNi9SR2HbG5f6gII0xxweMsRFlIwk8yhRlZhmTRkxRJkLjnY7Ej"
                    + "WOptRqqp7lFTrhkW3A7LMesVndzotVqzDtgZ7quJnT08ZXmnMvyeXsnnhV_DBKbd"
                    + "sToa-rWb2KTU3cspdAvoSb5rre7tykNOLW2KY4BgyMFk8YzwH8000Sf2_1wlmhN4"
                    + "IMreorB0f0jk_V6tz-eZUlI7dgyokuWGeXVMoX73yqWShzI4J96z90_u8BwpssbD"
                    + "D4aR8SoE1YUXAwKBmAmFCQ";

    public static final String JWKS =
            "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" + MODULUS + "\"}]}";

    private RefusedKeys() {}
}
