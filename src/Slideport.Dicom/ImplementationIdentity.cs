namespace Slideport.Dicom;

/// <summary>How this implementation names itself in associations (PS3.7 D.3.3.2) and in file meta information (PS3.10 7.1).</summary>
public static class ImplementationIdentity
{
    /// <summary>Implementation Class UID: drawn once for Slideport, never changed.</summary>
    public const string ClassUid = "2.25.17067556408620747862368480146590571744";

    /// <summary>Implementation Version Name, at most 16 characters: peers were seen to drop associations that had more.</summary>
    public const string VersionName = "SLIDEPORT_0_1";
}
