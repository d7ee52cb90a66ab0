namespace Slideport.Dicom.DataSets;

/// <summary>A person's name in one script (PS3.5 6.2.1.1): five components, each possibly empty.</summary>
/// <param name="Family">Family name complex.</param>
/// <param name="Given">Given name complex.</param>
/// <param name="Middle">Middle name.</param>
/// <param name="Prefix">Name prefix, as "Dr.".</param>
/// <param name="Suffix">Name suffix, as "Jr.".</param>
public readonly record struct PersonNameGroup(
    string? Family, string? Given, string? Middle = null, string? Prefix = null, string? Suffix = null)
{
    /// <summary>Whether all components are empty.</summary>
    public bool IsEmpty => ToString().Length == 0;

    /// <summary>Reads "Family^Given^Middle^Prefix^Suffix"; never fails, what is missing is empty.</summary>
    /// <param name="text">One component group.</param>
    public static PersonNameGroup Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('^', 5);
        return new PersonNameGroup(Part(0), Part(1), Part(2), Part(3), Part(4));

        string Part(int i) => i < parts.Length ? parts[i].Trim(' ') : "";
    }

    /// <summary>The group as VR PN has it, without trailing delimiters.</summary>
    public override string ToString() => $"{Family}^{Given}^{Middle}^{Prefix}^{Suffix}".TrimEnd('^');
}
