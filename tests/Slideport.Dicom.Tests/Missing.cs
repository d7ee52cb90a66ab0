namespace Slideport.Dicom.Tests;

/// <summary>What a test needs and this machine lacks: a reason to skip on a laptop, a failure where CI=true.</summary>
internal static class Missing
{
    public static void Peer(string what)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"Missing: {what}");
        Assert.Skip($"Missing: {what}");
    }
}
