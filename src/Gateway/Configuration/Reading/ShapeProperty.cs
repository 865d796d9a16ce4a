using System.Reflection;

namespace Gateway.Configuration.Reading;

/// <summary>A property of a config record.</summary>
/// <param name="Info">The .NET property.</param>
/// <param name="Shape">The form of its value in the file.</param>
internal sealed record ShapeProperty(PropertyInfo Info, Shape Shape)
{
    /// <summary>Whether the file may write <c>null</c>.</summary>
    public bool IsNullable => new NullabilityInfoContext().Create(Info).WriteState == NullabilityState.Nullable;

    /// <summary>The property's name, which is also its key in the file.</summary>
    public string Name => Info.Name;

    /// <summary>Whether the property is an object that exists with its defaults even if the file does not write it.</summary>
    public bool AlwaysExists(object owner) => Shape.Kind == ShapeKind.Object && Info.GetValue(owner) is not null;
}
