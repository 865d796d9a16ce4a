namespace Gateway.Configuration.Reading;

/// <summary>A value of the file, or of an environment variable that overrides the file.</summary>
internal abstract class ConfigNode
{
    /// <summary>The value in the form that an issue shows.</summary>
    public abstract string Display { get; }
}
