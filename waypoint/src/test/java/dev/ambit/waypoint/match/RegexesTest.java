package dev.ambit.waypoint.match;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegexesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "/item/[0-9]+; Regex; /item/",
                "/item; Exact; /item",
                "^/item$; Exact; /item",
                "a\\.b; Exact; a.b",
                "a[.]b; Exact; a.b",
                "ab*; Regex; a",
                "/a/.*; PrefixLine; /a/",
                "/a/.+; PrefixLine; /a/",
                ".*[.]example; SuffixLine; ''",
                "PUT|PATCH; OneOf; ''",
                "PUT|PATCH.; Regex; ''",
                "^a|b$; Regex; ''",
                "\\d; Regex; ''",
                "(?i)x; Regex; ''",
                ".*; PrefixLine; ''",
                "a\\$; Exact; a$",
                "a\\\\$; Exact; a\\",
            })
    void compile_patternsOfEachShape_areAsSimpleAsTheyCanBe(
            String regex, String shape, String prefix) {
        var match = Regexes.compile(regex);
        assertThat(match.getClass().getSimpleName()).isEqualTo(shape);
        assertThat(match.prefix()).isEqualTo(prefix);
    }

    @Property(tries = 3000)
    @Tag("fuzz")
    void compile_anyPattern_matchesWhatRe2Matches(
            @ForAll("patterns") String regex, @ForAll("texts") String text) {
        Pattern pattern;
        try {
            pattern = Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            return;
        }
        var match = Regexes.compile(regex);
        assertThat(match.matches(text)).isEqualTo(pattern.matches(text));
        if (match.matches(text)) {
            assertThat(text).startsWith(match.prefix());
        }
    }

    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.of(
                        "a", "b", "/", ".*", ".+", "|", "^", "$", "[", "]", "\\", "(", ")", "?",
                        "+", "{1}", "[.]", "\\.", ".", "[ab]", "\n")
                .list()
                .ofMaxSize(6)
                .map(parts -> String.join("", parts));
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings().withChars("ab/.|$\\\n").ofMaxLength(5);
    }
}
