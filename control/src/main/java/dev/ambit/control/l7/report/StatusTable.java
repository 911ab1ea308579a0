package dev.ambit.control.l7.report;

import java.util.ArrayList;
import java.util.List;

/// Conditions in columns, for people.
public final class StatusTable {
    private static final List<String> HEAD =
            List.of("RESOURCE", "OF", "CONDITION", "STATUS", "REASON", "MESSAGE");

    private StatusTable() {}

    public static String of(List<ResourceStatus> statuses) {
        var rows = new ArrayList<List<String>>();
        rows.add(HEAD);
        for (var status : statuses) {
            var resource = status.key().toString();
            status.conditions().forEach(c -> rows.add(row(resource, "", c)));
            for (var parent : status.parents()) {
                var of =
                        parent.reference().getOrDefault("kind", "Gateway")
                                + " "
                                + parent.reference().getOrDefault("name", "");
                parent.conditions().forEach(c -> rows.add(row(resource, of, c)));
            }
        }
        return text(rows);
    }

    private static List<String> row(String resource, String of, Condition condition) {
        return List.of(
                resource,
                of,
                condition.type(),
                condition.state().spelling(),
                condition.reason(),
                condition.message());
    }

    private static String text(List<List<String>> rows) {
        var widths = new int[HEAD.size()];
        for (var row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        var text = new StringBuilder();
        for (var row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                line.append(row.get(i)).repeat(" ", widths[i] - row.get(i).length() + 2);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
