using Slideport.Converter.Receiving;

namespace Slideport.Converter.Spool;

/// <summary>What makes instances one slide: who sent them, and their study and series (facts of PS3.3 C.7.3.1; one scan is one series).</summary>
/// <param name="Scanner">Identity of the scanner: <c>scanner:</c> and the serial number SAM knows it by, <c>cert:</c> and its certificate's thumbprint, else <c>peer:</c> and its labels.</param>
/// <param name="StudyInstanceUid">Study.</param>
/// <param name="SeriesInstanceUid">Series.</param>
/// <remarks>The scanner is part of the key: when two scanners use the same UIDs, both slides are kept and neither disturbs the other.</remarks>
internal readonly record struct SlideKey(string Scanner, string StudyInstanceUid, string SeriesInstanceUid)
{
    /// <summary>The slide's name in the spool and in the image store's hidden parts.</summary>
    internal string Name => SpoolName.Of(Scanner, StudyInstanceUid, SeriesInstanceUid);

    /// <summary>Whether the scanner showed a certificate.</summary>
    internal bool IsProven => ScannerIdentity.IsProven(Scanner);
}
