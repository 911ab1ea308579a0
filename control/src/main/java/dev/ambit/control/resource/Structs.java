package dev.ambit.control.resource;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.ArrayList;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// Trees of YAML and of JSON (as protobuf has it), each as the other.
final class Structs {
    private Structs() {}

    /// Nesting is as deep as what read the YAML let through.
    static Value read(Node node) {
        var value = Value.newBuilder();
        switch (node) {
            case MappingNode mapping -> {
                var struct = Struct.newBuilder();
                for (var tuple : mapping.getValue()) {
                    if (tuple.getKeyNode() instanceof ScalarNode key) {
                        struct.putFields(key.getValue(), read(tuple.getValueNode()));
                    }
                }
                value.setStructValue(struct);
            }
            case SequenceNode sequence -> {
                var list = ListValue.newBuilder();
                sequence.getValue().forEach(n -> list.addValues(read(n)));
                value.setListValue(list);
            }
            case ScalarNode scalar -> scalar(scalar, value);
            // snakeyaml's Node is not sealed; an anchor is resolved before it comes here.
            default -> value.setNullValue(NullValue.NULL_VALUE);
        }
        return value.build();
    }

    private static void scalar(ScalarNode scalar, Value.Builder value) {
        var text = scalar.getValue();
        if (scalar.getTag().equals(Tag.NULL)) {
            value.setNullValue(NullValue.NULL_VALUE);
        } else if (scalar.getTag().equals(Tag.BOOL)) {
            value.setBoolValue(text.equalsIgnoreCase("true"));
        } else if (isNumber(scalar)) {
            value.setNumberValue(Double.parseDouble(text));
        } else {
            value.setStringValue(text);
        }
    }

    /// Octal and hexadecimal numbers stay texts: JSON does not know them.
    private static boolean isNumber(ScalarNode scalar) {
        boolean numeric = scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT);
        return numeric && scalar.getValue().matches("[-+]?[0-9]+(\\.[0-9]*)?([eE][-+]?[0-9]+)?");
    }

    static Node node(Struct struct) {
        var tuples = new ArrayList<NodeTuple>();
        struct.getFieldsMap()
                .forEach((key, value) ->
                        tuples.add(new NodeTuple(scalar(Tag.STR, key), node(value))));
        return new MappingNode(Tag.MAP, tuples, FlowStyle.BLOCK);
    }

    private static Node node(Value value) {
        return switch (value.getKindCase()) {
            case STRUCT_VALUE -> node(value.getStructValue());
            case LIST_VALUE ->
                    new SequenceNode(
                            Tag.SEQ,
                            value.getListValue().getValuesList().stream()
                                    .map(Structs::node)
                                    .toList(),
                            FlowStyle.BLOCK);
            case STRING_VALUE -> scalar(Tag.STR, value.getStringValue());
            case BOOL_VALUE -> scalar(Tag.BOOL, String.valueOf(value.getBoolValue()));
            case NUMBER_VALUE -> number(value.getNumberValue());
            case NULL_VALUE, KIND_NOT_SET -> scalar(Tag.NULL, "null");
        };
    }

    private static Node number(double number) {
        return number == Math.rint(number) && Math.abs(number) <= Integer.MAX_VALUE
                ? scalar(Tag.INT, String.valueOf((long) number))
                : scalar(Tag.FLOAT, String.valueOf(number));
    }

    private static ScalarNode scalar(Tag tag, String text) {
        return new ScalarNode(tag, text, ScalarStyle.PLAIN);
    }
}
