using System.Reflection;

namespace Gateway.Configuration.Reading;

/// <summary>A property of a config record.</summary>
/// <param name="Info">Its reflection.</param>
/// <param name="Shape">How its value is written.</param>
/// <param name="IsNullable">Whether <c>null</c> may be written.</param>
internal sealed record ShapeProperty(PropertyInfo Info, Shape Shape, bool IsNullable)
{
    /// <summary>Its name, which is its key in the file.</summary>
    public string Name => Info.Name;

    /// <summary>An object that is there with its defaults even if the file does not write it.</summary>
    public bool AlwaysExists(object owner) => Shape.Kind == ShapeKind.Object && Info.GetValue(owner) is not null;
}
