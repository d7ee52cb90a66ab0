using Slideport.Protocol.Identity;

namespace Slideport.Faults.Tests.Sam;

/// <summary>The child process: opens an installation's identity, makes what is missing, and says when it is done.</summary>
internal static class FaultedIdentity
{
    internal static int Run(string folder)
    {
        using var authority = CertificateAuthority.OpenOrCreate(folder);
        authority.Server("sam").Dispose();
        authority.Client("sam").Dispose();
        Console.WriteLine("done");
        return 0;
    }
}
