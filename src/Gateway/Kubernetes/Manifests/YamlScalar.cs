using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Kubernetes.Manifests;

/// <summary>What a scalar of YAML means in JSON (YAML 1.2, 10.3.2, core schema). Quoted scalars are texts.</summary>
internal static partial class YamlScalar
{
    /// <summary>Reads a scalar.</summary>
    /// <param name="scalar">The scalar.</param>
    /// <returns>Null, a boolean, a number or a text.</returns>
    public static JsonNode? Parse(Scalar scalar) => scalar.Style != ScalarStyle.Plain || !scalar.Tag.IsEmpty
        ? JsonValue.Create(scalar.Value)
        : scalar.Value switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            var text when Whole().IsMatch(text)
                && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                => JsonValue.Create(number),
            var text when Fraction().IsMatch(text)
                && double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                => JsonValue.Create(number),
            var text => JsonValue.Create(text),
        };

    [GeneratedRegex(@"^[-+]?[0-9]+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Fraction();
}
