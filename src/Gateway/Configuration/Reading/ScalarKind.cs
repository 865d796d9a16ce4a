namespace Gateway.Configuration.Reading;

/// <summary>Kinds of scalars.</summary>
internal enum ScalarKind
{
    /// <summary><c>null</c></summary>
    Null,

    /// <summary>A quoted string, or an environment variable's value.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c></summary>
    Boolean,
}
