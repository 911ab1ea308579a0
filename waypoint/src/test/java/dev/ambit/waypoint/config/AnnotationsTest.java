package dev.ambit.waypoint.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Bounds of histograms.
class AnnotationsTest {
    private static final String NAME = "sidecar.istio.io/statsHistogramBuckets";

    private final ArrayList<String> remarks = new ArrayList<>();

    private String read(String text) {
        return Annotations.histogramBuckets(Map.of("ANNOTATIONS", Map.of(NAME, text)), remarks)
                .toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    {"istiocustom":[1,5,10.5]};                          [1.0, 5.0, 10.5]
                    {"istio":[1,2],"envoy":[3]};                         [1.0, 2.0]
                    {"envoy":[3]};                                       []
                    {"istiocustom.istio_request_bytes":[1],"istio":[7]}; [7.0]
                    {};                                                  []
                    """)
    void bounds_areThoseOfTheFirstPrefixThatFits(String text, String expected) {
        assertThat(read(text)).isEqualTo(expected);
        assertThat(remarks).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    {"istiocustom":[5,1]}
                    {"istiocustom":[]}
                    {"istiocustom":["a"]}
                    {"istiocustom":7}
                    [1,2]
                    {"istiocustom":[1,
                    """)
    void nonsense_isTold_andLeavesTheUsualBounds(String text) {
        assertThat(read(text)).isEqualTo("[]");
        assertThat(remarks).hasSize(1);
        assertThat(remarks.getFirst()).contains(NAME).contains(text).contains("expected");
    }

    @Test
    void noAnnotation_leavesTheUsualBounds() {
        assertThat(Annotations.histogramBuckets(Map.of(), remarks)).isEmpty();
        assertThat(Annotations.histogramBuckets(Map.of("ANNOTATIONS", Map.of()), remarks))
                .isEmpty();
        assertThat(remarks).isEmpty();
    }
}
