using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Matches label selectors.</summary>
internal static class Selectors
{
    /// <summary>
    /// Whether labels meet all conditions. A selector without conditions matches everything, an unknown operator nothing.
    /// </summary>
    public static bool Matches(LabelSelector selector, IReadOnlyDictionary<string, string> labels) =>
        (selector.MatchLabels ?? new Dictionary<string, string>()).All(label => labels.GetValueOrDefault(label.Key) == label.Value)
        && (selector.MatchExpressions ?? []).All(condition => Matches(condition, labels));

    private static bool Matches(LabelRequirement condition, IReadOnlyDictionary<string, string> labels)
    {
        var value = labels.GetValueOrDefault(condition.Key);
        return condition.Operator switch
        {
            "In" => value is not null && condition.Values?.Contains(value) == true,
            "NotIn" => value is null || condition.Values?.Contains(value) != true,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
