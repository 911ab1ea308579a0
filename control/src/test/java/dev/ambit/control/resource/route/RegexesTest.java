package dev.ambit.control.resource.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegexesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "a; 1",
                "a{3}; 3",
                "a{3,}; 3",
                "a{3,7}; 7",
                "a{3}b{4}; 4",
                "(a{3}){4}; 12",
                "((a{3}){4}b){5}; 60",
                "(a{3}|b{9}){2}; 18",
                "(a){1000}; 1000",
                "[{]{3}; 3",
                "[]{9}]{3}; 3",
                "[[:alpha:]{9}]{2}; 2",
                "\\{9}; 1",
                "\\Q{9}(\\E{2}; 2",
                "a{x}; 1",
                "(a{100}; 100",
                "a{2}{3}; 6"
            })
    void repeats_nestedCounts_areMultiplied(String regex, int most) {
        assertThat(Regexes.repeats(regex)).isEqualTo(most);
    }

    @Test
    void problem_slowElsewhere_isTaken() {
        assertThat(Regexes.problem("(a+)+b")).isEmpty();
        assertThat(Regexes.problem("(.*)*(.*)*(.*)*x")).isEmpty();
    }

    @Test
    void problem_largeProgram_isRefusedWithItsSize() {
        assertThat(Regexes.problem("(\\pL\\pN){900}".repeat(60)))
                .hasValueSatisfying(p -> assertThat(p).contains("steps").contains("32768"));
    }

    @Test
    void problem_long_isRefused() {
        assertThat(Regexes.problem("a".repeat(1_025)))
                .hasValueSatisfying(p -> assertThat(p).contains("1024"));
    }

    @Test
    void limits_defaults_areIstiodsAndEnvoys() {
        assertThat(RouteLimits.DEFAULT)
                .isEqualTo(new RouteLimits(1_024, 1_000, 32_768, 1_048_576, 4_096, 10_000));
    }
}
