namespace Slideport.Protocol.Enrolment;

/// <summary>A machine asks for its certificate: <c>POST /enrol</c>.</summary>
/// <param name="Code">The one-time code, as <see cref="EnrolmentCode"/> writes it.</param>
/// <param name="CertificateSigningRequest">PKCS #10, PEM; only its key counts, names are given by SAM.</param>
public sealed record EnrolmentRequest(string Code, string CertificateSigningRequest);

/// <summary>The answer: who the machine is from now on.</summary>
/// <param name="Certificate">Its certificate, PEM.</param>
/// <param name="Authority">The authority's certificate, PEM; the machine checks it against its code.</param>
/// <param name="Name">Serial number of the scanner, or name of the role.</param>
public sealed record EnrolmentAnswer(string Certificate, string Authority, string Name);
