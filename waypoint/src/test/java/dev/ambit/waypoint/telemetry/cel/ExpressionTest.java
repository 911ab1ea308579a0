package dev.ambit.waypoint.telemetry.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.waypoint.telemetry.Exchanges;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `EnvoyFormatTest` does not ask.
class ExpressionTest {
    private static final ExpressionContext CONTEXT =
            new ExpressionContext(false, "chain", Map.of("id", "n"), Map.of());

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "has(request.useragent) | true",
                "has(request.referer) | false",
                "request.headers['x-rep'].startsWith('one') | true",
                "request.path.contains('q=1') && response.code in [200, 201] | true",
                "response.code / 100 == 2 ? 'good' : 'bad' | good",
                "string(response.code) | 200",
                "size(request.headers) > 3 | true",
                "request.headers.exists(h, h == 'x-rep') | true",
                "'x' + request.method | xGET",
                "1 + 'a' | -",
                "request.nope == 1 | -",
                "nobody.there | -",
                "metadata.filter_metadata['dm']['l'] | CelList value",
                "null | NULL",
                "2.5 | 2.5",
                "1.0 | 1",
                "0.0000001 | 0.0000001",
                "1234567.0 | 1234570",
            })
    void expression_ofProxiedExchange_prints(String text, String expected) throws Exception {
        assertThat(Expressions.compile(text, CONTEXT).print(Exchanges.ofTable("proxied")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"request.size | 0", "response.code == 200 | true", "request.method | GET"})
    void expression_typed_keepsNumbersAndFlags(String text, String expected) throws Exception {
        var value = Expressions.compile(text, CONTEXT).typed(Exchanges.ofTable("proxied"));
        assertThat(value).asString().isEqualTo(expected);
        assertThat(value).isInstanceOfAny(Long.class, Boolean.class, String.class);
        assertThat(value instanceof String).isEqualTo(text.equals("request.method"));
    }

    @Test
    void expression_tooLong_isRefused() {
        assertThatThrownBy(() -> Expressions.compile("1".repeat(5_000), CONTEXT))
                .isInstanceOf(Expressions.ExpressionFault.class)
                .hasMessageContaining("at most 4096");
    }

    @Test
    void loop_tooLong_isAnError() throws Exception {
        var list = "[1,1,1,1,1,1,1,1,1,1]";
        var text =
                list
                        + ".all(a, "
                        + list
                        + ".all(b, "
                        + list
                        + ".all(c, "
                        + list
                        + ".all(d, true))))";
        assertThat(Expressions.compile(text, CONTEXT).print(Exchanges.ofTable("proxied"))).isNull();
    }
}
