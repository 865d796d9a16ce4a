namespace Gateway.Configuration.Reading;

/// <summary>What the file writes for a type.</summary>
internal enum ShapeKind
{
    /// <summary>A string, number or boolean.</summary>
    Scalar,

    /// <summary>An object with known keys.</summary>
    Object,

    /// <summary>An object whose keys are names.</summary>
    Dictionary,

    /// <summary>An object whose keys are names; the model is a list of elements that know their name.</summary>
    KeyedList,

    /// <summary>An array.</summary>
    List,

    /// <summary>An array of names of a flags enum.</summary>
    Flags,

    /// <summary>Anything.</summary>
    Free,
}
