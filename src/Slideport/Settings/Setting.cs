namespace Slideport.Settings;

/// <summary>One setting as <c>docs/configuration.md</c> lists it.</summary>
/// <param name="Key"><c>Section:Key</c>.</param>
/// <param name="Default">Its default, as one would write it.</param>
/// <param name="Meaning">What it does, in a sentence.</param>
internal sealed record Setting(string Key, string Default, string Meaning);
