namespace Slideport.Dicom.DataSets;

/// <summary>A person's name (PS3.5 6.2.1): up to three ways of writing the same name.</summary>
/// <param name="Alphabetic">In letters.</param>
/// <param name="Ideographic">In ideographs.</param>
/// <param name="Phonetic">In the letters that tell how it is pronounced.</param>
public sealed record PersonName(PersonNameGroup Alphabetic, PersonNameGroup Ideographic = default, PersonNameGroup Phonetic = default)
{
    /// <summary>Reads "Alphabetic=Ideographic=Phonetic"; never fails, what is missing is empty.</summary>
    /// <param name="text">One value of VR PN, decoded.</param>
    public static PersonName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var groups = text.Split('=', 3);
        return new PersonName(
            PersonNameGroup.Parse(groups[0]),
            PersonNameGroup.Parse(groups.Length > 1 ? groups[1] : ""),
            PersonNameGroup.Parse(groups.Length > 2 ? groups[2] : ""));
    }

    /// <summary>The value as VR PN has it, without trailing delimiters.</summary>
    public override string ToString() => $"{Alphabetic}={Ideographic}={Phonetic}".TrimEnd('=');
}
