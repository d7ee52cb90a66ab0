namespace Slideport.Http;

/// <summary>What a page may load and do (CSP Level 3); metadata of the endpoint that gives it. An endpoint without it gives nothing a browser could run.</summary>
public sealed record ContentSecurityPolicy(string Value);
