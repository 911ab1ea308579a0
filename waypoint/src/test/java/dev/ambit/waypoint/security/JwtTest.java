package dev.ambit.waypoint.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtTest {
    private static JwtStatus verified(JwkSet keys, String token) {
        return switch (Jwt.parse(token)) {
            case Jwt.Parsed.Bad(var status) -> status;
            case Jwt.Parsed.Good(var jwt) -> keys.verify(jwt);
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
                "HS256", "HS384", "HS512", "EdDSA"
            })
    void verify_eachAlgorithm_takesItsOwnAndNoOther(String algorithm) {
        var keys = TestTokens.set(algorithm);
        var token = TestTokens.token(algorithm, "{\"iss\":\"i\"}");
        assertThat(verified(keys, token)).isEqualTo(JwtStatus.OK);

        var parts = token.split("\\.", -1);
        var other = parts[0] + "." + TestTokens.base64("{\"iss\":\"j\"}") + "." + parts[2];
        assertThat(verified(keys, other)).isEqualTo(JwtStatus.VERIFICATION_FAILED);
        assertThat(verified(keys, parts[0] + "." + parts[1] + ".AAAA"))
                .isIn(JwtStatus.VERIFICATION_FAILED, JwtStatus.ED25519_WRONG_LENGTH);
    }

    /// The classic: a public key used as a secret.
    @Test
    void verify_algorithmOfAnotherKindOfKey_fails() {
        var noAlgorithm = TestTokens.jwks("RS256").replace("\"alg\":\"RS256\",", "");
        var keys = JwkSet.parse(noAlgorithm.getBytes(UTF_8), SecurityLimits.DEFAULT).orElseThrow();
        var token = TestTokens.signed("HS256", "{\"alg\":\"HS256\",\"kid\":\"RS256\"}", "{}");
        assertThat(verified(keys, token)).isEqualTo(JwtStatus.VERIFICATION_FAILED);
        assertThat(verified(keys, TestTokens.token("RS256", "{}"))).isEqualTo(JwtStatus.OK);
    }

    @ParameterizedTest
    @CsvSource({
        "RS256, RS256, OK",
        "RS256, other, NO_KEY_MATCHES",
        "ES256, RS256, NO_KEY_MATCHES",
        "RS256, '', OK",
    })
    void verify_keyIdAndAlgorithm_chooseTheKey(String algorithm, String kid, JwtStatus status) {
        var header =
                kid.isEmpty()
                        ? "{\"alg\":\"" + algorithm + "\"}"
                        : "{\"alg\":\"" + algorithm + "\",\"kid\":\"" + kid + "\"}";
        assertThat(
                        verified(
                                TestTokens.set("RS256", "HS256"),
                                TestTokens.signed(algorithm, header, "{}")))
                .isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "a.b; BAD_FORMAT",
                "; BAD_FORMAT",
                "a.b.c.d; BAD_FORMAT",
                "!.e30.AA; HEADER_BAD_BASE64",
                "AAAA.e30.AA; HEADER_BAD_JSON",
            })
    void parse_brokenText_saysWhatIsWrong(String token, JwtStatus status) {
        assertThat(Jwt.parse(token == null ? "" : token)).isEqualTo(new Jwt.Parsed.Bad(status));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[]; {}; HEADER_BAD_JSON",
                "{}; {}; HEADER_BAD_ALG",
                "{'alg':1}; {}; HEADER_BAD_ALG",
                "{'alg':'none'}; {}; HEADER_UNKNOWN_ALG",
                "{'alg':'RS256','kid':1}; {}; HEADER_BAD_KID",
                "{'alg':'RS256','alg':'HS256'}; {}; HEADER_BAD_JSON",
                "{'alg':'RS256'}; []; PAYLOAD_BAD_JSON",
                "{'alg':'RS256'}; {}x; PAYLOAD_BAD_JSON",
                "{'alg':'RS256'}; {'iss':1}; ISS_NOT_STRING",
                "{'alg':'RS256'}; {'sub':{}}; SUB_NOT_STRING",
                "{'alg':'RS256'}; {'iat':'1'}; IAT_NOT_INTEGER",
                "{'alg':'RS256'}; {'iat':-1}; IAT_OUT_OF_RANGE",
                "{'alg':'RS256'}; {'nbf':'1'}; NBF_NOT_INTEGER",
                "{'alg':'RS256'}; {'nbf':1e20}; NBF_OUT_OF_RANGE",
                "{'alg':'RS256'}; {'exp':true}; EXP_NOT_INTEGER",
                "{'alg':'RS256'}; {'exp':-1}; EXP_OUT_OF_RANGE",
                "{'alg':'RS256'}; {'jti':1}; JTI_NOT_STRING",
                "{'alg':'RS256'}; {'aud':1}; AUD_NOT_STRING",
                "{'alg':'RS256'}; {'aud':['a',1]}; AUD_NOT_STRING",
            })
    void parse_brokenClaims_saysWhatIsWrong(String header, String payload, JwtStatus status) {
        var token =
                TestTokens.base64(header.replace('\'', '"'))
                        + "."
                        + TestTokens.base64(payload.replace('\'', '"'))
                        + ".AA";
        assertThat(Jwt.parse(token)).isEqualTo(new Jwt.Parsed.Bad(status));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, OK",
        "1000, 0, OK",
        "1060, 0, OK",
        "1061, 0, NOT_YET_VALID",
        "0, 940, OK",
        "0, 939, EXPIRED",
        "0, 1, EXPIRED",
    })
    void timely_atOneThousandWithAMinutesSkew(long notBefore, long expires, JwtStatus status) {
        var token =
                TestTokens.base64("{\"alg\":\"RS256\"}")
                        + "."
                        + TestTokens.base64("{\"nbf\":" + notBefore + ",\"exp\":" + expires + "}")
                        + ".AA";
        assertThat(Jwt.parse(token))
                .isInstanceOfSatisfying(
                        Jwt.Parsed.Good.class,
                        good -> assertThat(good.jwt().timely(1_000, 60)).isEqualTo(status));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"keys\":{}}",
                "{\"keys\":[]}",
                "{\"keys\":[{\"kty\":\"RSA\"}]}",
                "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}]}",
                "{\"keys\":[{\"kty\":\"oct\",\"k\":\"\"}]}",
                "{\"keys\":[{\"kty\":\"new\"}]}",
                "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQ\"}]}",
                "{\"a\":\"-----BEGIN CERTIFICATE-----\\nAA\\n-----END CERTIFICATE-----\\n\"}"
            })
    void jwkSet_withoutAKeyThatCanBeUsed_isNone(String json) {
        assertThat(JwkSet.parse(json.getBytes(UTF_8), SecurityLimits.DEFAULT))
                .isEqualTo(Optional.empty());
    }

    /// An issuer may have keys for others, of kinds that are new to us.
    @Test
    void jwkSet_withKeysOfUnknownKinds_keepsTheOthers() {
        var json = TestTokens.jwks("RS256").replace("[", "[{\"kty\":\"new\"},7,");
        assertThat(JwkSet.parse(json.getBytes(UTF_8), SecurityLimits.DEFAULT).orElseThrow().size())
                .isEqualTo(1);
    }

    @Test
    void tokenCache_moreThanItHolds_forgetsTheOldest() {
        var limits =
                new SecurityLimits(
                        10, 5, 100, 100, 10, 100, 10, SecurityLimits.DEFAULT.keysTimeout());
        var cache = new TokenCache(limits);
        var jwt = ((Jwt.Parsed.Good) Jwt.parse(TestTokens.token("HS256", "{}"))).jwt();
        for (int i = 0; i < 100; i++) {
            cache.put("t" + i, jwt);
            assertThat(cache.size()).isLessThanOrEqualTo(10);
        }
        assertThat(cache.get("t0")).isNull();
        assertThat(cache.get("t99")).isSameAs(jwt);
        cache.put("longer", jwt);
        assertThat(cache.get("longer")).isNull();
    }

    @Property(tries = 2_000)
    @Tag("fuzz")
    void parse_anyText_neverThrows(@ForAll("texts") String text) {
        assertThat(Jwt.parse(text)).isNotNull();
    }

    @Property(tries = 500)
    @Tag("fuzz")
    void verify_tokenWithOneByteChanged_isNeverBelieved(
            @ForAll int at, @ForAll("characters") char c) {
        var token = TestTokens.token("HS256", "{\"iss\":\"i\",\"exp\":9999999999}");
        int index = Math.floorMod(at, token.length());
        var changed = token.substring(0, index) + c + token.substring(index + 1);
        // The last character of a part has bits that stand for nothing.
        if (!sameBytes(token, changed)) {
            assertThat(verified(TestTokens.set("HS256"), changed)).isNotEqualTo(JwtStatus.OK);
        }
    }

    private static boolean sameBytes(String token, String changed) {
        int dot = token.lastIndexOf('.');
        if (!token.substring(0, dot).equals(changed.substring(0, dot))) {
            return false;
        }
        var bytes = Jwt.decoded(changed.substring(dot + 1));
        return bytes != null
                && java.util.Arrays.equals(bytes, Jwt.decoded(token.substring(dot + 1)));
    }

    @Provide
    Arbitrary<Character> characters() {
        return Arbitraries.chars().with("abcXYZ019-_.{}\u00e9 =".toCharArray());
    }

    @Provide
    Arbitrary<String> texts() {
        var json =
                Arbitraries.of(
                        "{\"alg\":\"RS256\"}",
                        "{\"alg\":\"HS256\",\"x\":[[[{}]]]}",
                        "{\"exp\":1e308}",
                        "{\"exp\":1e999}",
                        "{\"a\":" + "[".repeat(200) + "]".repeat(200) + "}",
                        "{\"a\":\"\\ud800\"}",
                        "{");
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(40),
                json.map(TestTokens::base64)
                        .list()
                        .ofMinSize(1)
                        .ofMaxSize(4)
                        .map(parts -> String.join(".", parts)),
                Arbitraries.strings().withChars("aA0-_=.").ofMaxLength(60));
    }
}
