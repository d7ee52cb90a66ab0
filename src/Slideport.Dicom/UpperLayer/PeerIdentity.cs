using System.Net;

namespace Slideport.Dicom.UpperLayer;

/// <summary>Who is at the other end. The certificate is proof; AE titles and the address are labels anyone can put on.</summary>
/// <param name="EndPoint">Address and port of the peer.</param>
/// <param name="CallingAETitle">AE title of the requestor; "" before the association is asked for.</param>
/// <param name="CalledAETitle">AE title it asked for.</param>
/// <param name="CertificateThumbprint">SHA-256 of the client certificate in hexadecimal; null without one.</param>
/// <param name="CertificateSubject">Subject of the client certificate; null without one.</param>
public sealed record PeerIdentity(
    IPEndPoint EndPoint, string CallingAETitle, string CalledAETitle, string? CertificateThumbprint, string? CertificateSubject)
{
    /// <summary>For one sentence in a log: calling AE title, address, and the certificate's subject if there is one.</summary>
    public override string ToString() =>
        CertificateSubject is null ? $"{CallingAETitle}@{EndPoint}" : $"{CallingAETitle}@{EndPoint} ({CertificateSubject})";
}
