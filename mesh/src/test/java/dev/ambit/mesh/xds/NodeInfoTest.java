package dev.ambit.mesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeInfoTest {
    private static NodeInfo node(Map<String, String> metadata, Map<String, Object> json) {
        return new NodeInfo("10.0.0.9", "z-1", "istio-system", "node-1", metadata, json);
    }

    @Test
    void metadata_isStrongerThanTheBuiltIn_andJsonStrongerStill() {
        var fields =
                node(Map.of("NAME", "other", "LABELS", "text"), Map.of("LABELS", Map.of("a", "b")))
                        .toProto()
                        .getMetadata();

        assertThat(fields.getFieldsOrThrow("NAME").getStringValue()).isEqualTo("other");
        assertThat(fields.getFieldsOrThrow("NAMESPACE").getStringValue()).isEqualTo("istio-system");
        assertThat(fields.getFieldsOrThrow("LABELS").getStructValue().getFieldsMap())
                .containsOnlyKeys("a");
    }

    @Test
    void json_keepsItsTypes() {
        var value =
                node(Map.of(), Map.of("X", Map.of("n", 7, "f", true, "l", List.of("a", 1.5))))
                        .toProto()
                        .getMetadata()
                        .getFieldsOrThrow("X")
                        .getStructValue();

        assertThat(value.getFieldsOrThrow("n").getNumberValue()).isEqualTo(7);
        assertThat(value.getFieldsOrThrow("f").getBoolValue()).isTrue();
        assertThat(value.getFieldsOrThrow("l").getListValue().getValues(1).getNumberValue())
                .isEqualTo(1.5);
    }
}
