package dev.ambit.control.l7.route;

import java.util.List;

/// Who may see a route.
final class Exports {
    private Exports() {}

    /// @param written namespaces; none means the default
    /// @param namespace of the route, which `.` means in the default
    static List<String> of(List<String> written, List<String> byDefault, String namespace) {
        return written.isEmpty()
                ? byDefault.stream().map(to -> to.equals(".") ? namespace : to).toList()
                : written;
    }
}
