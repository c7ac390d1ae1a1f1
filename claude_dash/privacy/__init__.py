"""Protection: the policy, and the gate that every figure passes before it is stored."""
