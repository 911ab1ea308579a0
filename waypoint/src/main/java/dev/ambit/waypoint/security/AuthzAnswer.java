package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.Headers;
import java.util.List;
import java.util.Map;

/// What an authorization server said.
public sealed interface AuthzAnswer {
    /// @param request changes of the request's fields, in order
    /// @param remove fields to be taken out of it
    /// @param setParams of the query, encoded as they go into it
    /// @param response changes of the response's fields
    /// @param metadata for dynamic metadata
    record Allowed(
            List<FieldChange> request,
            List<String> remove,
            List<Param> setParams,
            List<String> removeParams,
            List<FieldChange> response,
            Map<String, Object> metadata)
            implements AuthzAnswer {
        boolean changesRequest() {
            return !request.isEmpty()
                    || !remove.isEmpty()
                    || !setParams.isEmpty()
                    || !removeParams.isEmpty();
        }
    }

    /// @param headers of the answer; each name replaces what would be there
    record Denied(int status, String body, Headers headers, Map<String, Object> metadata)
            implements AuthzAnswer {}

    /// It could not be asked, or its answer is none.
    record Failed(String detail) implements AuthzAnswer {}

    /// @param name lower-case
    record FieldChange(String name, String value, How how) {}

    record Param(String name, String value) {}

    enum How {
        /// Instead of what is there.
        SET,
        /// Beside what is there.
        ADD,
        /// Joined to what is there; nothing where there is nothing.
        APPEND,
        ADD_IF_ABSENT,
        SET_IF_THERE
    }
}
