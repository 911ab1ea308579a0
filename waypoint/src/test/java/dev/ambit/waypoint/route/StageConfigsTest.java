package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.xds.route.RouteLab;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which stages a route passes over, of those that run by default and of those that are off.
class StageConfigsTest {
    private static final String WRAPPED =
            "'@type':'type.googleapis.com/envoy.config.route.v3.FilterConfig'";
    private static final String FAULT =
            "'@type':'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'";

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            textBlock =
                    """
                    "",                                    false, true
                    "{%1$s,disabled:true}",                true,  true
                    "{%1$s,config:{}}",                    false, false
                    "{%1$s,config:{%2$s}}",                false, false
                    "{%2$s}",                              false, false
                    """)
    void route_decides(String config, boolean skipsOn, boolean skipsOff) throws Exception {
        var text = config.formatted(WRAPPED, FAULT);
        var perFilter = text.isEmpty() ? "" : ",typed_per_filter_config:{fault:" + text + "}";
        var table =
                RouteLab.table(
                        "{match:{prefix:'/'},direct_response:{status:200}" + perFilter + "}");
        var configs = Router.decide(table, Requests.get("/"), Requests.info(), 0).stageConfigs();
        assertThat(configs.skips("fault", false)).isEqualTo(skipsOn);
        assertThat(configs.skips("fault", true)).isEqualTo(skipsOff);
    }

    private static StageConfigs configs(String disabled, String enabled) {
        return new StageConfigs(
                Map.of(),
                disabled.isEmpty() ? Set.of() : Set.of(disabled),
                enabled.isEmpty() ? Set.of() : Set.of(enabled));
    }

    @Test
    void specificLevel_countsBeforeTheGeneral() {
        var on = configs("", "a").over(configs("a", ""));
        assertThat(on.skips("a", true)).isFalse();
        assertThat(on.skips("a", false)).isFalse();
        var off = configs("a", "").over(configs("", "a"));
        assertThat(off.skips("a", true)).isTrue();
        assertThat(off.skips("a", false)).isTrue();
        var inherited = configs("b", "").over(configs("", "a"));
        assertThat(inherited.skips("a", true)).isFalse();
    }
}
