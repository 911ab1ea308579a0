package dev.ambit.waypoint.match;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatchTest {
    @ParameterizedTest
    @CsvSource({
        "EXACT, Abc, aBC, true",
        "EXACT, Abc, abcd, false",
        "PREFIX, Ab, aBxx, true",
        "SUFFIX, xX, aBxx, true",
        "SUFFIX, longer, er, false",
        "CONTAINS, bX, aBxx, true",
        "CONTAINS, by, aBxx, false",
        "EXACT, é, É, false",
    })
    void textMatch_caseIgnored_foldsAsciiAlone(
            TextMatch.Folded.Kind kind, String value, String text, boolean matches) {
        assertThat(new TextMatch.Folded(kind, value).matches(text)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({
        // value, invert, missingAsEmpty, holds
        "a, false, false, true",
        "b, false, false, false",
        ", false, false, false",
        "a, true, false, false",
        "b, true, false, true",
        ", true, false, false",
        ", true, true, true",
    })
    void headerMatch_missingAndInverted_areAsEnvoys(
            @Nullable String value, boolean invert, boolean missingAsEmpty, boolean holds) {
        var match =
                new HeaderMatch(
                        "x",
                        new HeaderMatch.Test.Text(new TextMatch.Exact("a")),
                        invert,
                        missingAsEmpty);
        assertThat(match.matchesValue(value)).isEqualTo(holds);
    }

    @ParameterizedTest
    @CsvSource({
        "true, false, true",
        "true, true, false",
        "false, false, false",
        "false, true, true"
    })
    void headerMatch_presence_countsMissing(boolean expected, boolean invert, boolean present) {
        var match = new HeaderMatch("x", new HeaderMatch.Test.Present(expected), invert, false);
        assertThat(match.matchesValue("")).isEqualTo(present);
        assertThat(match.matchesValue(null)).isEqualTo(!present);
    }

    @ParameterizedTest
    @CsvSource({
        "5, true",
        " 5 , true",
        "+9, true",
        "10, false",
        "4, false",
        "x, false",
        "'', false"
    })
    void headerMatch_range_isHalfOpen(String value, boolean holds) {
        var match = new HeaderMatch("x", new HeaderMatch.Test.Range(5, 10), false, false);
        assertThat(match.matchesValue(value)).isEqualTo(holds);
    }

    @Test
    void headerMatch_repeatedHeader_isJoined() {
        var match =
                new HeaderMatch(
                        "x", new HeaderMatch.Test.Text(new TextMatch.Exact("a,b")), false, false);
        assertThat(match.matches(new Headers().add("x", "a").add("x", "b"))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "/p?a=1, a, 1",
        "/p?b=2&a=1&a=3, a, 1",
        "/p?ab=2&a, a, ''",
        "/p?a=x=y, a, x=y",
        "/p?b&c, a,",
        "/p, a,",
        "/p?, a,",
        "/p?b=a=1, a,",
        "/a=1, a,",
    })
    void queryMatch_first_findsTheRawValue(String path, String name, @Nullable String value) {
        assertThat(QueryMatch.first(path, name)).isEqualTo(value);
    }

    @Test
    void metadataMatch_nestedClaims_areFoundOrNot() {
        Map<String, Map<String, Object>> metadata =
                Map.of("jwt", Map.of("payload", Map.of("groups", List.of("a", "b"), "n", 3.0)));
        var b = new ValueMatch.Text(new TextMatch.Exact("b"));
        var any = new ValueMatch.AnyOf(List.of(b, new ValueMatch.OneOfList(b)));
        assertThat(match(any, false, "payload", "groups").matches(metadata)).isTrue();
        assertThat(match(any, true, "payload", "groups").matches(metadata)).isFalse();
        assertThat(match(any, false, "payload", "none").matches(metadata)).isFalse();
        assertThat(match(any, true, "payload", "none", "deeper").matches(metadata)).isTrue();
        assertThat(match(new ValueMatch.Number(3, 3), false, "payload", "n").matches(metadata))
                .isTrue();
        assertThat(match(new ValueMatch.Number(3, 4), false, "payload", "n").matches(metadata))
                .isTrue();
        assertThat(match(new ValueMatch.Present(true), false, "payload").matches(metadata))
                .isTrue();
        assertThat(match(new ValueMatch.Present(true), false, "x").matches(Map.of())).isFalse();
    }

    private static MetadataMatch match(ValueMatch value, boolean invert, String... path) {
        return new MetadataMatch("jwt", List.of(path), value, invert);
    }

    @ParameterizedTest
    @CsvSource({"0, true", "24, true", "25, false", "-1, true", "99, false"})
    void fraction_random_takesTheLowerPart(long random, boolean taken) {
        // -1 is 2^64-1, which leaves 15 of 100.
        assertThat(new Fraction(25, 100).takes(random)).isEqualTo(taken);
    }
}
