namespace Gateway.Configuration.Reading;

/// <summary>The form in which the file writes a type.</summary>
internal enum ShapeKind
{
    /// <summary>A string, number or boolean.</summary>
    Scalar,

    /// <summary>An object with known keys.</summary>
    Object,

    /// <summary>An object whose keys are names.</summary>
    Dictionary,

    /// <summary>An object whose keys are names. The .NET type is a list whose elements have a property for the name.</summary>
    KeyedList,

    /// <summary>An array.</summary>
    List,

    /// <summary>An array of names of a flags enum.</summary>
    Flags,

    /// <summary>Any JSON value.</summary>
    Free,
}
